"""One file per answerer of a check, all with the same contract."""
