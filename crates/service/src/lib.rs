//! What every service's main shares: listener, health, reflection, telemetry, drain, errors.
