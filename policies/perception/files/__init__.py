"""The files of a model package: which there are, whether they are as declared, how libraries open them."""
