from django.urls import path

from taxonomy.reference import views

urlpatterns = [
    path("<int:index>/sheet/", views.class_sheet, name="class_sheet"),
    path("references/", views.references, name="references"),
    path("references/progress/", views.sheet_progress, name="sheet_progress"),
    path(
        "references/<int:image_id>/<str:rendition>.jpg",
        views.reference_image,
        name="reference_image",
    ),
    path("compare/", views.compare, name="compare"),
    path("sheets/<str:version>.webp", views.reference_sheet, name="reference_sheet"),
    path("thumbs/<str:version>/<int:number>.webp", views.class_thumbs, name="class_thumbs"),
]
