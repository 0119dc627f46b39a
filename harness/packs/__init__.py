"""The scenario language: from YAML files to checked packs, with every problem at its place."""
