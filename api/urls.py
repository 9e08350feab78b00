from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from api import pages
from api.base import Endpoint, endpoint
from api.views import (
    administration,
    bulk,
    choices,
    classes,
    comparisons,
    datasets,
    evidence,
    files,
    guide,
    images,
    imports,
    labeling,
    results,
    review,
    root,
    runs,
)


class Anything(StringConverter):
    regex = "(?s:.+)"


register_converter(Anything, "anything")


def at(address: str, view: type[Endpoint], name: str) -> URLPattern:
    return path(f"api/v1/{address}", endpoint(view), name=f"api_{name}")


def of_taxonomy(address: str, view: type[Endpoint], name: str) -> URLPattern:
    return at(f"taxonomies/<int:taxonomy_id>/{address}", view, name)


urlpatterns = [
    path("account/tokens/", pages.tokens, name="tokens"),
    path("account/tokens/<int:token_id>/revoke/", pages.token_revoke, name="token_revoke"),
    path("operations/webhooks/", pages.hooks, name="webhooks"),
    path("operations/webhooks/<int:hook_id>/delete/", pages.hook_delete, name="webhook_delete"),
    at("schema/", root.Schema, "schema"),
    path("api/v1/docs/", pages.docs, name="api_docs"),
    at("", root.Root, "root"),
    at("datasets/", datasets.Datasets, "datasets"),
    at("datasets/<str:name>/", datasets.OneDataset, "dataset"),
    at("datasets/<str:name>/multi-labels/", datasets.MultiLabels, "multi_labels"),
    at("participants/", datasets.Participants, "participants"),
    at("predictions/", bulk.Predictions, "predictions"),
    at("predictions/<int:set_id>/file/", bulk.PredictionFile, "prediction_file"),
    at("judgments/", bulk.Judgments, "judgments"),
    at("snapshots/", results.Snapshots, "snapshots"),
    at("reports/", results.Reports, "reports"),
    at("reports/<str:report>/", results.ReportRows, "report"),
    at("numbers/", choices.Numbers, "numbers"),
    at("subsets/", choices.Subsets, "subsets"),
    at("subsets/<int:subset_id>/", choices.OneSubset, "subset"),
    at("participant-groups/", choices.ParticipantGroups, "participant_groups"),
    at(
        "participant-groups/<int:participants_id>/",
        choices.OneParticipantGroup,
        "participant_group",
    ),
    at("figures/", comparisons.Figures, "figures"),
    at("figures/<str:figure>/", comparisons.FigureData, "figure"),
    at("table/", comparisons.ComparisonTable, "table"),
    at("table/<str:suffix>/", files.TableFile, "table_file"),
    at("ranges/", comparisons.Ranges, "ranges"),
    at("reports/<str:report>/figure/<str:suffix>/", files.FigureFile, "figure_file"),
    at("document/<str:suffix>/", files.DocumentFile, "document"),
    at("missed/", comparisons.Missed, "missed"),
    at("participants/<int:participant_id>/", comparisons.Profile, "participant"),
    at("participants/<int:first_id>/against/<int:second_id>/", comparisons.Pair, "pair"),
    at("changes/", comparisons.Changes, "changes"),
    at("imports/", imports.Imports, "imports"),
    at("imports/<int:job_id>/", imports.OneImport, "import"),
    at("imports/<int:job_id>/retry/", imports.ImportAgain, "import_retry"),
    at("models/", runs.Models, "models"),
    at("models/<int:model_id>/", runs.OneModel, "model"),
    at("models/<int:model_id>/tries/", runs.ModelTries, "model_tries"),
    at("runs/", runs.Runs, "runs"),
    at("runs/<int:run_id>/", runs.OneRun, "run"),
    at("runs/<int:run_id>/retry/", administration.RunAgain, "run_retry"),
    at("rounds/", review.Rounds, "rounds"),
    at("rounds/preview/", review.RoundPreview, "round_preview"),
    at("rounds/<int:round_id>/", review.OneRound, "round"),
    at("rounds/<int:round_id>/progress/", review.RoundProgress, "round_progress"),
    at("rounds/<int:round_id>/statistics/", review.RoundStatistics, "round_statistics"),
    at("rounds/<int:round_id>/next/", review.RoundNext, "round_next"),
    at("rounds/<int:round_id>/items/<uuid:uid>/", review.RoundItem, "round_item"),
    at("rounds/<int:round_id>/pages/<int:turn_id>/", review.RoundPage, "round_turn"),
    at("rounds/<int:round_id>/judgments/", review.RoundJudgments, "round_judgments"),
    at("agreement/", review.Agreement, "agreement"),
    at("verdict-rule/", review.Rule, "verdict_rule"),
    at("verdict-rule/preview/", review.RulePreview, "verdict_rule_preview"),
    at("tasks/", labeling.Tasks, "tasks"),
    at("tasks/preview/", labeling.TaskPreview, "task_preview"),
    at("tasks/training/", labeling.Training, "training"),
    at("tasks/<int:task_id>/", labeling.OneTask, "task"),
    at("tasks/<int:task_id>/labelers/", labeling.TaskLabelers, "task_labelers"),
    at("tasks/<int:task_id>/items/", labeling.TaskItems, "task_items"),
    at("tasks/<int:task_id>/answers/", labeling.TaskAnswers, "task_answers"),
    at("tasks/<int:task_id>/feedback/<uuid:uid>/", labeling.TaskFeedback, "task_feedback"),
    at("tasks/<int:task_id>/together/", labeling.TaskTogether, "task_together"),
    at("tasks/<int:task_id>/remarks/", labeling.TaskRemarks, "task_remarks"),
    at("tasks/<int:task_id>/hand-in/", labeling.HandIn, "task_hand_in"),
    at("tasks/<int:task_id>/results/", labeling.TaskResults, "task_results"),
    at("tasks/<int:task_id>/export/<str:suffix>/", labeling.TaskExport, "task_export"),
    at(
        "tasks/<int:task_id>/images/<uuid:uid>/<str:rendition>/",
        labeling.TaskImage,
        "task_image",
    ),
    at("cases/", images.Cases, "cases"),
    at("images/<uuid:uid>/", images.ImageRecord, "image"),
    at("images/<uuid:uid>/answers/", images.ImageAnswers, "image_answers"),
    at("images/<uuid:uid>/comments/", images.ImageComments, "image_comments"),
    at("images/<uuid:uid>/reports/", images.ImageReports, "image_reports"),
    at("images/<uuid:uid>/verdicts/", images.ImageVerdicts, "image_verdicts"),
    at("images/<uuid:uid>/file/<str:rendition>/", images.ImageFile, "image_file"),
    at("people/", administration.People, "people"),
    at("people/<int:person_id>/", administration.OnePerson, "person"),
    at("invitations/", administration.Invitations, "invitations"),
    at("invitations/<int:invitation_id>/", administration.OneInvitation, "invitation"),
    at("audit/", administration.Audit, "audit"),
    at("operations/", administration.Operations, "operations"),
    at("failed-tasks/", administration.FailedTasks, "failed_tasks"),
    at("failed-tasks/<int:failed_id>/retry/", administration.TaskAgain, "failed_task_retry"),
    at("webhooks/", administration.Webhooks, "webhooks"),
    at("webhooks/<int:hook_id>/", administration.OneWebhook, "webhook"),
    at("taxonomies/", classes.Taxonomies, "taxonomies"),
    of_taxonomy("classes/", classes.Classes, "classes"),
    of_taxonomy("classes/<int:index>/", classes.OneClass, "class"),
    of_taxonomy("classes/<int:index>/evidence/", evidence.ClassEvidence, "class_evidence"),
    of_taxonomy("classes/<int:index>/references/", evidence.References, "references"),
    of_taxonomy("classes/<int:index>/wish/", guide.Wish, "class_wish"),
    of_taxonomy("confusions/", evidence.ClassConfusions, "confusions"),
    of_taxonomy(
        "references/<int:image_id>/<str:rendition>/", evidence.ReferenceFile, "reference_file"
    ),
    of_taxonomy("groups/", classes.Groups, "groups"),
    of_taxonomy("groups/<int:group_id>/", classes.OneGroup, "group"),
    of_taxonomy("relations/", classes.Relations, "relations"),
    of_taxonomy("relations/proposals/", classes.Proposals, "relation_proposals"),
    of_taxonomy("relations/file/", classes.RelationsFile, "relations_file"),
    of_taxonomy("relations/<int:relation_id>/", classes.OneRelation, "relation"),
    of_taxonomy("guide/", guide.Guide, "guide"),
    of_taxonomy("guide/wanted/", guide.WantedEntries, "guide_wanted"),
    of_taxonomy("guide/pictures/", guide.GuidePictures, "guide_pictures"),
    of_taxonomy("guide/export/<str:kind>/", guide.GuideExport, "guide_export"),
    of_taxonomy("guide/<int:entry_id>/", guide.OneEntry, "entry"),
    of_taxonomy("guide/<int:entry_id>/archive/", guide.EntryArchive, "entry_archive"),
    of_taxonomy("guide/<int:entry_id>/comments/", guide.EntryComments, "entry_comments"),
    of_taxonomy("guide/<int:entry_id>/revisions/", guide.Revisions, "entry_revisions"),
    of_taxonomy(
        "guide/<int:entry_id>/revisions/<int:number>/restore/", guide.Restored, "entry_restore"
    ),
    at("<anything:rest>/", root.Nowhere, "nowhere"),
]
