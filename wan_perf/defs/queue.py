"""The run queue, in which every run has a lane.

Belongs here: the lane of a run that was launched without one, such as from an asset's page.
Keep out: how many runs a lane holds (the home's dagster.yaml, which names this class).
"""

from dagster import DagsterRun
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext  # no public name

from wan_perf.defs.automation.run_queues import HISTORY, LANE, lane


class LaneCoordinator(QueuedRunCoordinator):
    """Dagster's queue; what says nothing of a lane waits with history."""

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Queue the run."""
        run = context.dagster_run
        if LANE not in run.tags:
            self._instance.add_run_tags(run.run_id, lane(HISTORY))
        return super().submit_run(context)
