@rem The npm scripts begin with `exec`, so that signals reach the program behind npm. On Windows' cmd, which has no such command, this runs.
@%*
