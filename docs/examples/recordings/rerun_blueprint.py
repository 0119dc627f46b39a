"""Writes simgate.rbl, a blueprint for recordings of the door robot: ``rerun FILE.mcap simgate.rbl``."""

import rerun.blueprint as rrb

BLUEPRINT = rrb.Blueprint(
    rrb.Horizontal(
        rrb.Vertical(
            rrb.Spatial2DView(origin="/front/rgb", contents="/front/rgb/**", name="what the model saw"),
            rrb.TextLogView(origin="/simgate/events", name="events"),
            row_shares=[2, 1],
        ),
        rrb.Vertical(
            rrb.Spatial3DView(origin="/", contents=["/scan", "/pose", "/tf"], name="where it was"),
            rrb.DataframeView(origin="/simgate/signals", name="signals"),
        ),
    )
)

if __name__ == "__main__":
    BLUEPRINT.save("simgate", "simgate.rbl")
