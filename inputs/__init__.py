"""The worked cases, and the scripts that write them: ``python -m inputs`` writes every workbook again."""

CASES = (
    "bering_tunnel",
    "bering_traditional",
    "bering_with_approaches",
    "us_canada_russia_china",
    "world_link_2007",
    "siberia_alaska_1904",
    "peace_bridge",
    "amur_rail_bridge",
    "arctic_energy",
)
