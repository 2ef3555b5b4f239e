"""The commands, a file for each group; ``cli`` makes one program of them."""
