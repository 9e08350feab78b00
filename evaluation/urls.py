from django.urls import path

from evaluation import (
    change_views,
    choice_views,
    figure_views,
    image_views,
    participant_views,
    report_views,
    table_views,
    views,
)
from evaluation.exports import views as exports
from evaluation.inference import views as inference
from evaluation.operations import views as operating

urlpatterns = [
    path("", views.home, name="home"),
    path("results/", views.results, name="results"),
    path("results/changes/", change_views.changes, name="changes"),
    path("operations/", operating.operations, name="operations"),
    path("operations/imports/<int:job_id>/again/", operating.retry_import, name="retry_import"),
    path("operations/runs/<int:run_id>/again/", operating.retry_run, name="retry_run"),
    path("operations/tasks/<int:failed_id>/again/", operating.retry_task, name="retry_task"),
    path("export/", exports.export, name="export"),
    path("export/<int:export_id>/", exports.export_job, name="export_job"),
    path("export/<int:export_id>/file/", exports.export_file, name="export_file"),
    path("export/<int:export_id>/delete/", exports.export_delete, name="export_delete"),
    path("models/", inference.models, name="models"),
    path("models/new/", inference.model_new, name="model_new"),
    path("models/<int:model_id>/", inference.model_page, name="model_page"),
    path("models/<int:model_id>/preview/", inference.model_preview, name="model_preview"),
    path("models/runs/<int:run_id>/", inference.inference_run, name="inference_run"),
    path(
        "models/runs/<int:run_id>/<str:change>/",
        inference.inference_change,
        name="inference_change",
    ),
    path("results/table/", table_views.comparison, name="comparison"),
    path("results/table.<str:suffix>", table_views.comparison_file, name="comparison_file"),
    path("results/images/<uuid:uid>/answers/", image_views.image_answers, name="image_answers"),
    path("results/report/", report_views.report_page, name="report"),
    path("results/report.<str:suffix>", report_views.report_file, name="report_file"),
    path("results/subsets/", choice_views.subsets, name="subsets"),
    path("results/subsets/new/", choice_views.subset_new, name="subset_new"),
    path(
        "results/subsets/<int:subset_id>/delete/", choice_views.subset_delete, name="subset_delete"
    ),
    path(
        "results/participant-groups/new/",
        choice_views.participant_group_new,
        name="participant_group_new",
    ),
    path(
        "results/participant-groups/<int:participants_id>/delete/",
        choice_views.participant_group_delete,
        name="participant_group_delete",
    ),
    path("results/missed/", participant_views.missed, name="missed"),
    path(
        "results/participants/<int:participant_id>/",
        participant_views.participant,
        name="participant",
    ),
    path(
        "results/participants/<int:first_id>/against/<int:second_id>/",
        participant_views.pair,
        name="pair",
    ),
    path("results/figures/", figure_views.figures_page, name="figures"),
    path(
        "results/<int:report_id>/figures/figure.<str:suffix>",
        figure_views.figure_file,
        name="figure_file",
    ),
    path(
        "results/<int:report_id>/figures/data.<str:suffix>",
        figure_views.figure_data,
        name="figure_data",
    ),
    path("results/status/", views.results_status, name="results_status"),
    path("results/recompute/", views.recompute, name="recompute"),
    path("results/<int:report_id>/figure.<str:suffix>", views.figure, name="figure"),
    path("results/ranges/", views.ranges, name="ranges"),
    path("results/<int:report_id>/ranges.<str:suffix>", views.ranges_figure, name="ranges_figure"),
    path("results/<int:report_id>/table.csv", views.table_csv, name="results_csv"),
    path("results/script/<str:name>", views.figure_script, name="figure_script"),
]
