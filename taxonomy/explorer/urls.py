from django.urls import path

from taxonomy.explorer import views

urlpatterns = [
    path("", views.explorer, name="explorer"),
    path("hierarchy/<slug:version>.json", views.hierarchy, name="hierarchy"),
]
