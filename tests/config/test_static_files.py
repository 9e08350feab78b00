import pytest
from django.core.management import call_command
from django.test import Client


def test_static_files_are_collected_under_names_that_carry_their_content(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "config.storage.StaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    assert len(list(tmp_path.glob("annotation/review.*.js"))) == 1
    page = next(tmp_path.glob("annotation/review.????????????.js")).read_text()
    imported = [word for word in page.replace("'", '"').split('"') if word.startswith("./")]
    assert imported
    assert all((tmp_path / "annotation" / word).exists() for word in imported)
    assert all(word.count(".") == 3 for word in imported), "imports carry hashes too"


@pytest.mark.filterwarnings("error")
@pytest.mark.django_db
def test_tests_do_not_warn_of_static_files_that_nobody_has_collected():
    assert Client().get("/login/").status_code == 200
