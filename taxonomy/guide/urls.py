from django.urls import path

from taxonomy.guide import editing, views

urlpatterns = [
    path("", views.guide, name="guide"),
    path("wanted/", views.wanted, name="guide_wanted"),
    path("wishes/<int:index>/", views.wish, name="guide_wish"),
    path("export/<slug:kind>/", views.export, name="guide_export"),
    path("export/<slug:kind>/file/", views.export_download, name="guide_export_download"),
    path("new/", editing.new, name="guide_new"),
    path("preview/", editing.preview, name="guide_preview"),
    path("images/", editing.image_upload, name="guide_image_upload"),
    path("images/<uuid:uid>/", views.image, name="guide_image"),
    path("<int:entry_id>/", views.entry, name="guide_entry"),
    path("<int:entry_id>/edit/", editing.edit, name="guide_edit"),
    path("<int:entry_id>/archive/", views.archive, name="guide_archive"),
    path("<int:entry_id>/history/", views.history, name="guide_history"),
    path("<int:entry_id>/history/<int:number>/", views.revision, name="guide_revision"),
    path("<int:entry_id>/history/<int:number>/restore/", editing.restore, name="guide_restore"),
]
