from django.db import migrations, models

# What was done before is taken to have been done with its run, or when that began.
DONE_BEFORE = """
    UPDATE evaluation_inferenceshard shard SET finished = coalesce(run.finished, run.created)
    FROM evaluation_inferencerun run WHERE run.id = shard.run_id AND shard.done
"""


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0005_exports")]

    operations = [
        migrations.AddField("inferenceshard", "finished", models.DateTimeField(null=True)),
        migrations.RunSQL(DONE_BEFORE, migrations.RunSQL.noop),
    ]
