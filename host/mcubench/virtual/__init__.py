"""Virtual boards: the image that would be flashed runs on a model of the chip. docs/virtual.md has the user's side."""
