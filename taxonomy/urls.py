from django.urls import path

from taxonomy import views

urlpatterns = [
    path("classes/<int:taxonomy_id>/<slug:version>.json", views.class_index, name="class_index"),
]
