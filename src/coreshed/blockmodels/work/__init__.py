"""What workers do for block models; loads the engine, so servers import it with their first job."""
