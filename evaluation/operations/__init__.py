"""What the machine is doing: queues, workers, jobs, disk and database."""
