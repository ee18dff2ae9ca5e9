"""The workflow's steps, one program per rule: read, call one function, write. Stages never import each other."""
