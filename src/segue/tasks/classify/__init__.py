"""Classification of texts, series, vectors and images."""
