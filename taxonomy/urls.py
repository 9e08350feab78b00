from django.urls import path

from taxonomy import views

urlpatterns = [
    path("classes/", views.taxonomies, name="classes"),
    path("classes/<int:taxonomy_id>/<slug:version>.json", views.class_index, name="class_index"),
]
