"""Long work: a row with state, lease, attempt, progress and result; the sweeper."""
