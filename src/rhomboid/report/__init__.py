"""Some weeks of training and desk work as one page for another reader, such as a physiotherapist."""
