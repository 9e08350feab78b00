from django.urls import path

from taxonomy.class_page import views

urlpatterns = [
    path("<int:index>/", views.class_page, name="class_page"),
    path("<int:index>/panel/", views.class_panel, name="class_panel"),
]
