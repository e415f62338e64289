// Every text the program says to people, in Japanese and English; row errors and file errors bring their own.
#pragma once

#include "adapters/cli/command_context.h"

namespace sabun::cli::text {

// Failures: $0 the engine's address, $1 its own words.
extern const Text kEngineUnavailable, kEngineSlow, kEngineInvalid, kEngineNotFound, kEngineExists, kEnginePrecondition,
    kEngineAborted, kEngineBusy, kEngineDataLoss, kEngineOld, kEngineDenied, kEngineFailed, kStopped, kOutputFailed;

// Progress.
extern const Text kReading, kComparing, kSendingRows, kSealing, kReconnecting, kSubmitting;

// Datasets.
extern const Text kDatasetCreated, kDatasetExisted, kDatasetUpdated, kNoDatasets, kDatasetColumns, kDatasetName,
    kDatasetProfile, kDatasetKey, kDatasetScheme, kDatasetRecords, kDatasetAccepted, kDatasetCreatedAt, kGuardLimit,
    kGuardDeletes, kGuardUpdates, kGuardShrink, kDatasetFields, kFieldRequired, kFieldPersonal, kNextPush;

// What a snapshot held.
extern const Text kReceived, kUnchanged, kAdded, kUpdated, kDeleted, kCosmetic, kInvalid, kDuplicate, kCancelledOut,
    kDeleteRows, kSuspended, kRows;

// push and verify --against.
extern const Text kPushReady, kPushEmpty, kPushHeld, kNothingSent, kNothingToSend, kRowErrors, kRowErrorsHint,
    kUnreadableRows, kAgainstSame, kAgainstDiffers, kPushStopped, kErrorsWritten, kWarning, kError;

// Holds.
extern const Text kHoldDeletes, kHoldUpdates, kHoldShrinking, kHoldUnreadable, kHoldOther, kHoldLimit, kHoldPercent,
    kHoldSamples;

// What to do next.
extern const Text kNext, kNextLook, kNextApprove, kNextDiscard, kNextSubmit, kNextRemedy, kNextExport, kNextMend,
    kNextStatus, kNextRejects, kNextRetry, kNextCreate;

// Change sets.
extern const Text kNoChangeSets, kChangeSetColumns, kChangeSetHead, kChangeSetMade, kChangeSetDecided, kChangeSetDigest,
    kBooks, kFirstChanges, kAskApprove, kApproved, kDiscarded, kNotConfirmed, kAskDiscard, kNoneHeld, kPersonal,
    kStateReady, kStateHeld, kStateEmpty, kStateDiscarded, kStateReplaced, kKindComplete, kKindPartial, kOpAdd,
    kOpUpdate, kOpDelete;

// Submission.
extern const Text kSubmitDone, kSubmitPartly, kSubmitNothing, kSubmitAccepted, kSubmitRejected, kSubmitUnknown,
    kSubmitPending, kSubmitSuperseded, kSubmitIncomplete, kSubmitStopped;

// Rejects.
extern const Text kNoRejects, kRejectsOfACode, kRemedy, kRejectsMore, kRejectColumns, kRetried, kExported;

// Status and verification.
extern const Text kEngineLine, kStatusRecords, kStatusUnsettled, kStatusNewest, kStatusHeld, kStatusLease,
    kStatusHubPaused, kStatusIntake, kStatusUnreconciled, kStatusScrub, kStatusScrubUnsound, kSettled, kVerifySound,
    kVerifyUnsound, kVerifyColumns, kVerifyGood, kVerifyReading, kVerifyStore, kAgainstCounts, kOnlyInFile,
    kOnlyInEngine, kOtherContent, kHubListing, kHubSame, kHubDiffers, kHubCounts, kOnlyAtHub, kMissingAtHub,
    kOtherAtHub, kResendPlanned, kResendEmpty, kNextResend, kHoldResend, kKindResend;

// Backups.
extern const Text kErasing, kErased, kErasedOrganization, kSecretRotated, kDatasetRetention;
extern const Text kKeyId, kKeyRingCopy, kKeyRingStale, kKeyRewrapped;
extern const Text kBackupLine, kBackupDataset, kBackupCopying, kBackupMade, kBackupSound, kBackupUnsound, kRestorePlan,
    kAskRestore, kNotRestored, kRestored, kReconciled, kReconciledNeedsYes;

}  // namespace sabun::cli::text
