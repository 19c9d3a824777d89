"""What left this machine: the ledger, and the traffic that is not a model request."""
