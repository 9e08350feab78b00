from django.urls import include, path

from taxonomy import views

urlpatterns = [
    path("classes/", views.taxonomies, name="classes"),
    path("classes/<int:taxonomy_id>/<slug:version>.json", views.class_index, name="class_index"),
    path("classes/<int:taxonomy_id>/", include("taxonomy.explorer.urls")),
    path("classes/<int:taxonomy_id>/groups/", include("taxonomy.groups.urls")),
    path("classes/<int:taxonomy_id>/relations/", include("taxonomy.relations.urls")),
    path("classes/<int:taxonomy_id>/", include("taxonomy.class_page.urls")),
    path("classes/<int:taxonomy_id>/guide/", include("taxonomy.guide.urls")),
    path("classes/<int:taxonomy_id>/", include("taxonomy.reference.urls")),
]
