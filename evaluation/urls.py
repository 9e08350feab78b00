from django.urls import path

from evaluation import change_views, figure_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("results/", views.results, name="results"),
    path("results/changes/", change_views.changes, name="changes"),
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
