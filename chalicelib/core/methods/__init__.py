"""Models and their methods (S0): a model is a type with arguments, a method call is a run with one
step. Import the modules."""
