"""What others may want to hear of."""

from django.dispatch import Signal

round_closed = Signal()  # round: ReviewRound
