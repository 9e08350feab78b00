from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("taxonomy.urls")),
    path("", include("annotation.urls")),
    path("", include("evaluation.urls")),
    path("", include("api.urls")),
]
