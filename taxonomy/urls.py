from django.urls import include, path

from taxonomy import views

urlpatterns = [
    path("classes/", views.taxonomies, name="classes"),
    path("classes/<int:taxonomy_id>/<slug:version>.json", views.class_index, name="class_index"),
    path("classes/<int:taxonomy_id>/", include("taxonomy.reference.urls")),
]
