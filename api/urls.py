from django.urls import path

from api import exports, pages, views
from api.base import endpoint

urlpatterns = [
    path("account/tokens/", pages.tokens, name="tokens"),
    path("account/tokens/<int:token_id>/revoke/", pages.token_revoke, name="token_revoke"),
    path("operations/webhooks/", pages.hooks, name="webhooks"),
    path("operations/webhooks/<int:hook_id>/delete/", pages.hook_delete, name="webhook_delete"),
    path("api/v1/schema/", pages.schema, name="api_schema"),
    path("api/v1/docs/", pages.docs, name="api_docs"),
    path("api/v1/", endpoint(views.Root), name="api_root"),
    path("api/v1/datasets/", endpoint(views.Datasets), name="api_datasets"),
    path("api/v1/datasets/<str:name>/", endpoint(views.OneDataset), name="api_dataset"),
    path(
        "api/v1/datasets/<str:name>/multi-labels/",
        endpoint(views.MultiLabels),
        name="api_multi_labels",
    ),
    path("api/v1/participants/", endpoint(views.Participants), name="api_participants"),
    path("api/v1/predictions/", endpoint(views.Predictions), name="api_predictions"),
    path(
        "api/v1/predictions/<int:set_id>/file/",
        endpoint(views.PredictionFile),
        name="api_prediction_file",
    ),
    path("api/v1/judgments/", endpoint(views.Judgments), name="api_judgments"),
    path("api/v1/snapshots/", endpoint(views.Snapshots), name="api_snapshots"),
    path("api/v1/reports/", endpoint(views.Reports), name="api_reports"),
    path("api/v1/reports/<str:report>/", endpoint(views.ReportRows), name="api_report"),
    path("api/v1/models/", endpoint(views.Models), name="api_models"),
    path("api/v1/runs/", endpoint(views.Runs), name="api_runs"),
    path("api/v1/runs/<int:run_id>/", endpoint(views.OneRun), name="api_run"),
    path("api/v1/exports/", endpoint(exports.Exports), name="api_exports"),
    path("api/v1/exports/<int:export_id>/", endpoint(exports.OneExport), name="api_export"),
    path(
        "api/v1/exports/<int:export_id>/file/",
        endpoint(exports.ExportFile),
        name="api_export_file",
    ),
]
