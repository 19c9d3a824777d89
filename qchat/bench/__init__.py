"""`qchat bench`: measures qchat beside what it is built on, as ratios within one run."""
