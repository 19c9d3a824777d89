"""Ways to an answer that take more than one reply: votes, refinement, rounds with experience.

A way is a mode: data with a name, and one method. Its trails are turns of the conversation's tree.
"""
