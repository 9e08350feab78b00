from django.urls import path

from taxonomy.groups import views

urlpatterns = [
    path("", views.groups, name="groups"),
    path("new/", views.group_new, name="group_new"),
    path("nodes/", views.synset_search, name="synset_search"),
    path("<int:group_id>/", views.group_page, name="group_page"),
    path("<int:group_id>/edit/", views.group_edit, name="group_edit"),
    path("<int:group_id>/delete/", views.group_delete, name="group_delete"),
]
