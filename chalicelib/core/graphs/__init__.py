"""Node graphs (S1): a second front end to the same plans, compiler and runs.

problems, validation, definition   a definition read and checked, all problems at once
expressions, references            `{{nodeId.result.x}}` and what it may name
types, conditions, nodes           what a node can be, and what the pure ones compute
plans                              a graph as a plan
runs, states                       starting a run of a graph, and what became of each node
"""
