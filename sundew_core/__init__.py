"""Sundew: adaptive sparse training of image classifiers, measured rather than assumed.

Importing this package is cheap: nothing heavy is loaded until a module that needs it is imported.
The rooms, and who may import whom (each line imports only from the lines above it)::

    errors  places  config  events  contests  commands  words: what is said between all the others
    arrays  labels                             a number for each sample as a line of text, and back; what people write about runs
    energy  control  meters  usage             reservoir and cost model; the loop as plain numbers; real joules; the device now
    presets  advice  diagnosis  readouts  sweeps  knobs under a name; what a choice leads to, why a rate misses; what to try out
    pipeline                                   the stages of every arm, in words
    significance  gate  simulation             scores in [0, 1]; the gate, its controller, its selection; its loop alone
    sampler                                    the gate in somebody's own training loop
    data  models                               registries name -> builder
    pictures                                   training images as PNG
    training                                   train(config) -> events; no thread, no file, no screen
    race  bench                                arms in turn on one machine: who is better, and who is faster
    metrics                                    events -> numbers; no torch
    database  rows                             the database, and the tables of runs; a run as lists show it
    store  contest_store  recordings           runs and contests on disk, and the run that comes with the package; no torch
    recorder                                   a run's events to the store, telemetry a few times a second
    seat  runner  contest_runner               a background thread: commands in, events out; one may train at a time
    sweep_runner                               the runs of a sweep, one after another
    exporting                                  a run's record as what other programs and papers read; no torch
    figures                                    numbers -> Plotly figures; no torch
    printing  export_files                     figures as PNG and SVG, by a browser; every file that a run can be written as
    kaggle_main                                the main part of the file for Kaggle
    kaggle                                     a run as one file for Kaggle, made of these modules
    terminal  knob_flags                       exit codes, what is said beside results, Ctrl-C; every knob as a flag
    contest_command  kaggle_command  export_command  __main__  the command line
"""
