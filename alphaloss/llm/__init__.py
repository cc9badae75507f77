"""Language models as authors of losses: calling them, what they may cost, what they are told and what they answer."""
