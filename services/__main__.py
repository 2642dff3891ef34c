import sys

try:
    from services.cli.main import main

    main()
except KeyboardInterrupt:  # while it was loaded; a command ends in its own order
    sys.exit(130)
