"""People name the class of images: to learn the classes, or as an examination."""
