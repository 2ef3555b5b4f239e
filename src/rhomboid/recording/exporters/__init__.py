"""What a recording holds, written for other people's tools. One file a format; our CSV is in ``csv_form``."""
