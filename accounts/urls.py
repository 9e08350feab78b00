from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
    path("account/password/", views.password_change, name="password_change"),
    path("people/", views.people_page, name="people"),
    path("people/audit/", views.audit_page, name="audit"),
    path("people/<int:person_id>/", views.person_change, name="person_change"),
    path(
        "people/invitations/<int:invitation_id>/revoke/",
        views.invitation_revoke,
        name="invitation_revoke",
    ),
    path("invitation/<str:token>/", views.accept_invitation, name="accept_invitation"),
]
