"""Where memories lie: Chroma, the index beside it, locks, transactions, transfer."""
