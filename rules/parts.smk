# Parts of the experiment by a short name: scenario_<name>, model_<name>, figure_<name>, of those that the grids name.

for NAME in SCENARIOS:

    rule:
        """Localizers and sets of one scenario."""
        name:
            f"scenario_{NAME}"
        input:
            part("scenarios", NAME),


for NAME in MODELS:

    rule:
        """Localizers and sets of one model."""
        name:
            f"model_{NAME}"
        input:
            part("models", NAME),


for NAME in CONFIGURED:

    rule:
        """One configured figure, its numbers and caption, and the tables."""
        name:
            f"figure_{NAME}"
        input:
            rules.tables.input,
            expand("<results>/figures/{figure}.{suffix}", figure=NAME, suffix=["csv", "png", "pdf", "txt"]),
