"""What a class is: taxonomies, synsets and their hierarchy, groups, class search."""
