from django.urls import path

from taxonomy.relations import views

urlpatterns = [
    path("", views.relations, name="relations"),
    path("new/", views.relation_new, name="relation_new"),
    path("import/", views.relations_import, name="relations_import"),
    path("propose/", views.relations_propose, name="relations_propose"),
    path("<int:relation_id>/", views.relation_edit, name="relation_edit"),
    path("<int:relation_id>/decide/", views.relation_decide, name="relation_decide"),
]
