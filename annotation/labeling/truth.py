"""What an image shows, as far as is known."""

from __future__ import annotations

# In SQL about an `image`: truth.classes is what reviewers found correct, in the order of the classes;
# as long as they found nothing, or a blind round that is not over asks about the image, the label that
# it came with. truth.judged tells which.
TRUTH = """
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(class_index ORDER BY class_index), ARRAY[image.target]) AS classes,
            count(*) > 0 AS judged
        FROM annotation_candidate candidate
        WHERE candidate.image_id = image.id AND candidate.verdict = 1 AND NOT EXISTS (
            SELECT FROM annotation_candidate asked
            JOIN annotation_roundcandidate known ON known.candidate_id = asked.id
            JOIN annotation_reviewround running ON running.id = known.round_id
            WHERE asked.image_id = image.id AND running.blind
              AND running.state IN ('open', 'paused'))
    ) truth
"""
