from django.urls import path

from annotation import images
from annotation.importing import views

urlpatterns = [
    path("images/<uuid:uid>/<str:rendition>.jpg", images.image, name="image"),
    path("datasets/", views.datasets, name="datasets"),
    path("imports/", views.imports, name="imports"),
    path("imports/<int:job_id>/", views.import_job, name="import_job"),
]
