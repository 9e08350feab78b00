from django.urls import include, path

from annotation import class_views
from annotation.discussion import views as discussion
from annotation.labeling import task_views as tasks
from annotation.labeling import views as labeling
from annotation.labeling.training import views as training
from annotation.review import agreement_views, rule_views
from annotation.review import round_views as rounds
from annotation.review import views as review

urlpatterns = [
    path("", include("annotation.importing.urls")),
    path("review/", rounds.review, name="review"),
    path("review/new/", rounds.round_new, name="round_new"),
    path("review/new/<int:taxonomy_id>/preview/", rounds.round_preview, name="round_preview"),
    path("review/agreement/", agreement_views.agreement, name="agreement"),
    path("review/<int:round_id>/about/", rounds.round_page, name="round_page"),
    path("review/<int:round_id>/start/", rounds.round_start, name="round_start"),
    path("review/<int:round_id>/pause/", rounds.round_pause, name="round_pause"),
    path("review/<int:round_id>/close/", rounds.round_close, name="round_close"),
    path("review/<int:round_id>/delete/", rounds.round_delete, name="round_delete"),
    path("review/<int:round_id>/", review.review_round, name="review_round"),
    path("review/<int:round_id>/api/next/", review.review_next, name="review_next"),
    path("review/<int:round_id>/api/item/<uuid:uid>/", review.review_item, name="review_item"),
    path("review/<int:round_id>/api/page/<int:turn_id>/", review.review_page, name="review_page"),
    path("review/<int:round_id>/api/progress/", review.review_progress, name="review_progress"),
    path("review/<int:round_id>/api/submit/", review.review_submit, name="review_submit"),
    path(
        "classes/<int:taxonomy_id>/<int:index>/evidence/",
        class_views.class_evidence,
        name="class_evidence",
    ),
    path(
        "classes/<int:taxonomy_id>/confusions/", class_views.wanted_entries, name="wanted_entries"
    ),
    path("review/rule/", rule_views.verdict_rule, name="verdict_rule"),
    path("review/rule/preview/", rule_views.verdict_rule_preview, name="verdict_rule_preview"),
    path("review/cases/", discussion.cases, name="cases"),
    path("review/images/<uuid:uid>/", discussion.image_record, name="image_record"),
    path("review/images/<uuid:uid>/comment/", discussion.image_comment, name="image_comment"),
    path("review/images/<uuid:uid>/report/", discussion.image_report, name="image_report"),
    path("review/images/<uuid:uid>/<int:index>/verdict/", discussion.adjudicate, name="adjudicate"),
    path("labeling/", tasks.labeling, name="labeling"),
    path("labeling/new/", tasks.labeling_new, name="labeling_new"),
    path(
        "labeling/new/<int:taxonomy_id>/preview/", tasks.labeling_preview, name="labeling_preview"
    ),
    path("labeling/training/", training.labeling_training, name="labeling_training"),
    path(
        "labeling/training/<int:taxonomy_id>/train/",
        training.labeling_train,
        name="labeling_train",
    ),
    path(
        "labeling/training/<int:taxonomy_id>/entry/",
        training.labeling_entry,
        name="labeling_entry",
    ),
    path(
        "labeling/<int:task_id>/feedback/<uuid:uid>/",
        training.labeling_feedback,
        name="labeling_feedback",
    ),
    path("labeling/<int:task_id>/together/", training.labeling_together, name="labeling_together"),
    path(
        "labeling/<int:task_id>/remarks/<uuid:uid>/",
        training.labeling_remark,
        name="labeling_remark",
    ),
    path("labeling/<int:task_id>/about/", tasks.labeling_about, name="labeling_about"),
    path("labeling/<int:task_id>/enroll/", tasks.labeling_enroll, name="labeling_enroll"),
    path("labeling/<int:task_id>/results/", tasks.labeling_results, name="labeling_results"),
    path(
        "labeling/<int:task_id>/answers.<str:suffix>",
        tasks.labeling_answers,
        name="labeling_answers",
    ),
    path(
        "labeling/<int:task_id>/change/<str:change>/",
        tasks.labeling_change,
        name="labeling_change",
    ),
    path("labeling/<int:task_id>/", labeling.labeling_task, name="labeling_task"),
    path("labeling/<int:task_id>/api/items/", labeling.labeling_items, name="labeling_items"),
    path("labeling/<int:task_id>/api/submit/", labeling.labeling_submit, name="labeling_submit"),
    path("labeling/<int:task_id>/api/pin/", labeling.labeling_pin, name="labeling_pin"),
    path("labeling/<int:task_id>/hand-in/", labeling.labeling_hand_in, name="labeling_hand_in"),
    path(
        "labeling/<int:task_id>/images/<uuid:uid>/<str:rendition>.jpg",
        labeling.labeling_image,
        name="labeling_image",
    ),
]
