"""What an image shows, as far as is known."""

from __future__ import annotations

# In SQL about an `image`: truth.classes is what reviewers found correct, in the order of the classes;
# as long as they found nothing, the label that the image came with. truth.judged tells which.
TRUTH = """
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(class_index ORDER BY class_index), ARRAY[image.target]) AS classes,
            count(*) > 0 AS judged
        FROM annotation_candidate candidate
        WHERE candidate.image_id = image.id AND candidate.verdict = 1
    ) truth
"""
