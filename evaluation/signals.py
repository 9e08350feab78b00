"""What others may want to hear of."""

from django.dispatch import Signal

run_finished = Signal()  # run: InferenceRun, done or failed
snapshot_made = Signal()  # snapshot: LabelSnapshot, a new one
